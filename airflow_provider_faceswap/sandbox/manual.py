"""The manual of the control routes, under ``/_sandbox/``: they speak JSON; ``GET /_sandbox/`` answers this.

Operations: ModelsLab's ``single_face_swap``, ``multiple_face_swap``, ``single_video_swap``,
``specific_video_swap``; Segmind's ``faceswap-v2`` (v1) and ``faceswap-v2-async`` (v2), on ``fetch`` also
``get-user-credits``; aifaceswap.io's ``faceswap``, ``extract_face``, ``multi_faceswap``, ``video_faceswap``,
``extract_base64_face``, ``multi_video_faceswap``.

``POST /_sandbox/progress`` with ``{"operation": "single_video_swap", "after_seconds": 3, "eta": 12.5}``
    How jobs that are accepted from now on go: ``after_seconds`` and ``after_reads`` (so many fetches still
    find the job running) must both hold, neither means that the submission's answer carries the end. Where
    a vendor cannot be asked (Segmind v1, aifaceswap.io), ``after_reads`` is nothing. ``operation`` left
    out: all. ``eta`` left out: follows ``after_seconds``; ``null``: the vendor reports none. ``outcome``:
    ``success``, ``failed``, ``congested`` (fails with "Try Again"), ``never``. ``message``: the words of a
    failure. ``times``: for so many submissions only; ``input_has``: for those with this text in an input,
    such as ``?n=17`` behind its address. The newest policy that matches decides. ``GET`` lists, ``DELETE``
    goes back to the defaults.
``POST /_sandbox/faults`` with ``{"kind": "accept_then_break", "on": "submit", "every": 3, "times": 2}``
    What goes wrong. ``on``: ``submit`` (the default), ``fetch``, or ``media`` (for the ``media_`` kinds).
    ``rate`` (0 to 1, dice with a fixed seed), ``every`` (the n-th of the matching requests) and ``times``
    (at most so often; on ``media`` for each file) say when; none means always. ``operation`` and
    ``input_has`` (a text in an input) narrow it. ``accepted`` overrides whether a submission is accepted
    although its answer is spoilt: by default so with ``accept_then_break``, ``slow_answer``,
    ``truncated_json``, ``empty``, ``html_200`` and ``unknown_status``. Parameters: ``seconds`` (slow
    kinds), ``retry_after`` (refusals; ``null``: none reported), ``location`` (``redirect``), ``status``
    (``unknown_status``), ``message`` (``echo``, which repeats the request after it, its key included;
    ``error``; ``error_200``, an error of the vendor's under HTTP 200; it may be an object), ``code``
    (``error``: any status of the vendor's, 400 to 599). Kinds: ``accept_then_break``,
    ``break_before_accept``, ``slow_answer``, ``slow_before_accept``, ``server_error``, ``bad_gateway``,
    ``rate_limited``, ``rate_limited_200``, ``queue_full``, ``no_credits``, ``truncated_json``, ``empty``,
    ``html_200``, ``redirect``, ``unknown_status``, ``echo``, ``error``, ``error_200``, ``media_404``,
    ``media_truncated``, ``media_html``. The first fault that strikes wins. ``GET`` lists with strikes,
    ``DELETE`` removes all.
``POST /_sandbox/callbacks`` with ``{"operation": "faceswap", "delay_seconds": 2, "deliveries": 3}``
    How aifaceswap.io calls back for tasks that are accepted from now on. ``delay_seconds``: from the end of
    the task. ``deliveries``: the same callback so often (1; 0 drops it), ``interval_seconds`` apart.
    ``early``: before the submission's own answer is sent (let the task end at once, or the answer waits for
    it, 20 s at most). ``omit``: names of fields to leave out, such as ``["result_image"]``; ``fields``:
    fields to add or change, such as ``{"type": 3}``. ``text_numbers``: numbers sent as text. ``encoding``:
    ``json`` or ``form``. ``contradict``: in the end one more that tells the opposite. ``retries``: how often
    a delivery not answered with 2xx is tried again (0), ``retry_seconds`` apart. ``operation``,
    ``input_has`` and ``times`` as above, the newest policy that matches decides. A task that fails
    (``outcome`` above) calls back with ``success`` 0. ``GET`` lists, ``DELETE`` goes back to one callback.
``POST /_sandbox/credits`` with ``{"vendor": "segmind", "credits": 12.5}``
    What the account at ``segmind`` or ``aifaceswap`` holds; ``GET`` tells. Segmind gives the credits of a
    failed job back, aifaceswap.io does not.
``POST /_sandbox/segmind`` with ``{"v1_paths": ["/v1/faceswap-v2"], "output_form": "images"}``
    ``v1_paths``: those that are answered, of ``/v1/models/faceswap-v2`` and ``/v1/faceswap-v2``; the rest is
    404. ``image_format`` of v1: ``jpeg`` or ``png``. ``output_form`` of v2: ``url``, ``list``, ``text``
    (base64), ``images``. ``record_seconds``: how long a v2 record lives from its submission (3600).
    ``cut_off_seconds``: when v1 gives up with 504 (100). ``cost`` of a swap (0.004). What is left out stays
    as it is; ``GET`` tells.
``POST /_sandbox/queue`` with ``{"max_queued": 5}``
    How many unfinished jobs the account may hold; ``null``: no limit.
``GET /_sandbox/counts``
    What was seen: ``accepted``, ``refused``, ``duplicates``, ``fetches``, ``fetches_by_job``,
    ``media_reads``, ``connections``, ``requests``, ``renderings``, ``faults``, ``webhooks``,
    ``callbacks`` (each delivery: ``delivered``, ``refused``, ``unreachable``; ``dropped``),
    ``redirects_followed``, ``queued``, ``peak_queued``.
``GET /_sandbox/jobs``
    All jobs, the oldest first; ``?state=processing`` or ``?operation=...`` narrows it.
``POST /_sandbox/reset``
    Forgets jobs, counts, faults, policies and choices; the accounts are full again. Ids go on, and so do
    open connections.
"""
