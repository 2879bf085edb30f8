"""The page for people: what is here, and what has happened."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.faults.injection import inject_fault
from airflow_provider_faceswap.sandbox.http.responses import file_response
from airflow_provider_faceswap.sandbox.jobs.job import Job

SAMPLES = {
    "astronaut.jpg": "one face",
    "hopper.jpg": "one face",
    "duo.jpg": "both side by side",
    "duo-face.jpg": "the right face of duo.jpg, for reference_image",
    "landscape.jpg": "no face",
    "clip.mp4": "3 s, pan and zoom over astronaut.jpg",
    "duo.mp4": "3 s, pan over duo.jpg",
}
LATEST = 10
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Face swap sandbox</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
code{{background:#eee;padding:0 .2em}}td,th{{text-align:left;padding:.1rem 1rem .1rem 0}}</style></head><body>
<h1>Face swap sandbox</h1>
<p>The vendors' protocols on loopback, with real pictures. Nothing leaves this machine unless a request names
an address elsewhere.</p>
<h2>Samples</h2><ul>{samples}</ul>
<h2>Endpoints</h2><ul>{endpoints}</ul>
<p>Controls: <a href="/_sandbox/">/_sandbox/</a>, <a href="/_sandbox/jobs">jobs</a>,
<a href="/_sandbox/counts">counts</a>.</p>
<h2>Latest jobs</h2><ul>{jobs}</ul>
<h2>Counts</h2><table>{counts}</table></body></html>
"""


def _line(job: Job) -> str:
    words = f"{job.id} {job.submission.operation}: {job.state} {job.error}"
    link = f'<a href="/generations/{job.file_name}">result</a>' if job.state == "success" else ""
    return f"<li>{escape(words)} {link}</li>"


class Pages:
    """
    The front page and the files of one sandbox.

    :param backend: the state of the sandbox.
    :param endpoints: the vendors' endpoints.
    """

    def __init__(self, backend: Backend, endpoints: list[Route]) -> None:
        self._backend = backend
        self._endpoints = [f"{min(e.methods or ())} {e.path}" for e in endpoints]

    def routes(self) -> list[Route]:
        """Return the routes of the page, the samples and the results."""
        return [
            Route("/", self.page),
            Route("/samples/{name}", self.sample),
            Route("/generations/{name}", self.generation),
        ]

    async def page(self, request: Request) -> Response:
        """Answer with the front page."""
        counts = self._backend.counts.to_json() | {"queued": self._backend.jobs.queued}
        rows = (f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in counts.items())
        samples = (f'<li><a href="/samples/{n}">{n}</a>: {escape(t)}</li>' for n, t in SAMPLES.items())
        latest = self._backend.jobs.listing()[: -LATEST - 1 : -1]
        endpoints = (f"<li><code>{escape(path)}</code></li>" for path in self._endpoints)
        return HTMLResponse(
            PAGE.format(
                samples="".join(samples),
                endpoints="".join(endpoints),
                jobs="".join(map(_line, latest)),
                counts="".join(rows),
            )
        )

    async def sample(self, request: Request) -> Response:
        """Answer with one of the sandbox's own pictures or clips."""
        name = request.path_params["name"]
        content = await self._backend.renderer.sample(name)
        return file_response(request, content, name) if content else PlainTextResponse("Not Found", 404)

    async def generation(self, request: Request) -> Response:
        """Answer with a result, or with a fault."""
        self._backend.counts.media_reads += 1
        name = request.path_params["name"]
        job = self._backend.jobs.by_file(name)
        if job is None:
            return PlainTextResponse("Not Found", 404)
        fault = self._backend.faults.pick(
            "media", job.submission.operation, name, inputs=job.submission.inputs_text
        )

        async def answer() -> Response:
            return file_response(request, job.rendering.result(), name)

        if fault is None:
            return await answer()
        self._backend.counts.faults[fault.kind] += 1
        return await inject_fault(request, fault, answer, {})
