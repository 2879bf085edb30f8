/** Light or dark, as Airflow's own switch says; the browser's preference only where the page stands alone. */

const ours = document.documentElement;
const preference = matchMedia("(prefers-color-scheme: dark)");

function outer() {
  try {
    return parent === window ? null : parent.document.documentElement;
  } catch {
    return null; // another origin has framed it
  }
}

function follow(airflow) {
  const named = airflow && ["dark", "light"].find((name) => airflow.classList.contains(name));
  ours.dataset.theme = named || (preference.matches ? "dark" : "light");
}

const airflow = outer();
follow(airflow);
preference.addEventListener("change", () => follow(airflow));
if (airflow) {
  new MutationObserver(() => follow(airflow)).observe(airflow, { attributeFilter: ["class"] });
}
