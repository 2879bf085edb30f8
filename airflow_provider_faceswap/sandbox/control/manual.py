"""
The manual of the control routes, under ``/_sandbox/``: they speak JSON; ``GET /_sandbox/`` returns this page.

They are for clients on this machine: a request that a page of another site sends from a browser (by its
``Origin`` or ``Sec-Fetch-Site``) gets 403.

Operations: ModelsLab's ``single_face_swap``, ``multiple_face_swap``, ``single_video_swap``,
``specific_video_swap``; Segmind's ``faceswap-v2`` (v1) and ``faceswap-v2-async`` (v2), on ``fetch`` also
``get-user-credits``; aifaceswap.io's ``faceswap``, ``extract_face``, ``multi_faceswap``, ``video_faceswap``,
``extract_base64_face``, ``multi_video_faceswap``.

``POST /_sandbox/progress`` with ``{"operation": "single_video_swap", "after_seconds": 3, "eta": 12.5}``
    How jobs progress that are accepted from now on. A job ends when ``after_seconds`` have passed and
    ``after_reads`` polls have found it running; without both, the submission's answer has the outcome.
    ``after_reads`` has no effect where a vendor cannot be polled (Segmind v1, aifaceswap.io). Without
    ``operation`` the policy is for all. Without ``eta`` the estimate follows ``after_seconds``; with
    ``null`` the vendor reports none. ``outcome``: ``success``, ``failed``, ``congested`` (fails with "Try
    Again"), ``never``. ``message``: the vendor's message if the job fails. ``times``: for this number of
    submissions only. ``input_has``: for those with this text in an input, such as ``?n=17`` in its URL. The
    newest policy that matches decides. ``GET`` lists the policies, ``DELETE`` goes back to the defaults.
``POST /_sandbox/faults`` with ``{"kind": "accept_then_break", "on": "submit", "every": 3, "times": 2}``
    What goes wrong. The first fault that strikes decides. ``GET`` lists the faults and how often each has
    struck, ``DELETE`` removes all.

    ``on``: ``submit`` (the default), ``fetch`` (a poll) or ``media`` (a result file; the default for the
    ``media_`` kinds). ``operation`` and ``input_has`` (a text in an input) narrow it. ``rate`` (0 to 1, dice
    with a fixed seed), ``every`` (each n-th matching request) and ``times`` (at most this often; on
    ``media`` for each file) say when it strikes; without them it always does.

    ``accepted``: whether a submission is accepted although its answer goes wrong. By default it is with
    the kinds marked (+).

    The connection and the time: ``accept_then_break`` (+) and ``break_before_accept`` close the connection
    without an answer; ``break_in_answer`` (+) closes it after half of the answer; ``slow_answer`` (+)
    accepts, then answers after ``seconds``; ``slow_before_accept`` accepts after ``seconds``.

    Not the vendor's answers: ``bad_gateway`` (a proxy's HTML under 502), ``html_200`` (+) (HTML under 200),
    ``redirect`` (to ``location``, or to a route that counts), ``empty`` (+) (200 without a body).

    The vendor's own answers: ``server_error`` (500); ``rate_limited``, ``rate_limited_200``,
    ``queue_full`` (with ``retry_after``; ``null``: none); ``no_credits``; ``error`` (with ``code``, 400 to
    599, and ``message``, a text or an object); ``error_200`` (the same under HTTP 200); ``echo`` (an error
    with ``message`` that repeats the request, including its key); ``truncated_json`` (+) (half of the
    JSON); ``unknown_status`` (+) (with ``status`` instead of the vendor's word). ``with_id``: an error also
    names the job, where the vendor's JSON does (Segmind: ``request_id``); if no job was accepted, the id is
    made up. ``unknown_id`` is for polls only: the vendor says that it does not know the job.

    Result files: ``media_404``, ``media_truncated`` (closes the connection after half of the file),
    ``media_html``.

    Examples: a poll that finds the id unknown three times, ``{"kind": "unknown_id", "times": 3}``; a proxy's
    page after Segmind v2 took the job, ``{"kind": "bad_gateway", "operation": "faceswap-v2-async",
    "accepted": true}``; a 500 of Segmind's that names the job, ``{"kind": "server_error", "accepted": true,
    "with_id": true}``; a picture that is paid for and lost, ``{"kind": "accept_then_break", "operation":
    "faceswap-v2"}``.
``POST /_sandbox/callbacks`` with ``{"operation": "faceswap", "delay_seconds": 2, "deliveries": 3}``
    How aifaceswap.io calls back for tasks that are accepted from now on. ``delay_seconds``: from the end of
    the task. ``deliveries``: how often the same callback is delivered (1; 0 drops it), ``interval_seconds``
    apart. ``early``: before the submission's own answer is sent (let the task end at once, or the answer
    waits for it, at most 20 s). ``omit``: names of fields to leave out, such as ``["result_image"]``;
    ``fields``: fields to add or change, such as ``{"type": 3}``. ``text_numbers``: numbers are sent as text.
    ``encoding``: ``json`` or ``form``. ``contradict``: at the end, another callback says the opposite.
    ``retries``: how often a delivery that is not answered with 2xx is tried again (0), ``retry_seconds``
    apart. ``operation``, ``input_has`` and ``times`` as for ``progress``; the newest policy that matches
    decides. A task that fails (``outcome``) calls back with ``success`` 0. ``GET`` lists the policies,
    ``DELETE`` goes back to one callback.
``POST /_sandbox/credits`` with ``{"vendor": "segmind", "credits": 12.5}``
    The credits of the account at ``segmind`` or ``aifaceswap``; ``GET`` reads them. Segmind refunds the
    credits of a failed job, aifaceswap.io does not.
``POST /_sandbox/segmind`` with ``{"v1_paths": ["/v1/faceswap-v2"], "output_form": "images"}``
    ``v1_paths``: which of ``/v1/models/faceswap-v2`` and ``/v1/faceswap-v2`` are answered; the others get
    404. ``image_format`` of v1: ``jpeg`` or ``png``. ``output_form`` of v2: ``url``, ``list``, ``text``
    (base64), ``images``. ``record_seconds``: how long a v2 record lives from its submission (3600).
    ``cut_off_seconds``: when v1 gives up with 504 (100). ``cost`` of a swap (0.004). Choices that are left
    out stay as they are; ``GET`` reads them.
``POST /_sandbox/queue`` with ``{"max_queued": 5}``
    How many unfinished jobs the account may have; ``null``: no limit.
``GET /_sandbox/counts``
    What was seen: ``accepted``, ``refused``, ``duplicates``, ``fetches``, ``fetches_by_job``,
    ``media_reads``, ``connections``, ``requests``, ``renderings``, ``faults``, ``webhooks``,
    ``callbacks`` (each delivery: ``delivered``, ``refused``, ``unreachable``; ``dropped``),
    ``redirects_followed``, ``queued``, ``peak_queued``.
``GET /_sandbox/jobs``
    All jobs, the oldest first; ``?state=processing`` or ``?operation=...`` narrows the list.
``POST /_sandbox/reset``
    Forgets jobs, counts, faults, policies and choices, and fills the accounts. Ids go on, and so do open
    connections.
"""
