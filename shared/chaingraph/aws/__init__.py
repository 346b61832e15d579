"""Adapters to AWS, thin: a signed HTTP request, and what its answer means.

* `signing`, `signed_client`: requests with the SDK's credentials, without its clients and threads.
* `connections`: implements `Posts`; a message whose fate is unknown is told apart from one not sent.
* `workflows`: implements `Workflows`. Every call of it may be repeated, and is.
* `database_passwords`: how RDS lets a role in without a stored password, and where the administrator's is.
* `lambda_entry`: from a Lambda handler to async code. `log_fields`: what its line in the log says besides.
* `metrics`, `telemetry`: what is measured, and how it is written. `tracing`: segments, where they are wanted.
"""
