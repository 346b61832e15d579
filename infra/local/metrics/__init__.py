"""`GET /metrics` of the system on one machine, in the text format that Prometheus scrapes.

The functions and the relay write here what they write on AWS: lines of a log, some of which are metrics in
CloudWatch's embedded format. CloudWatch takes the numbers out of the lines; here that is done when somebody
asks: the logs of the parts are read on from where they were read last. So there is one code path for both
platforms, nothing is sent from process to process, and nothing is spent while nobody asks. The logs begin
with the system, and a gateway that was killed reads them again from their start: counters stand for the life
of the system, and no death of a part sets them back.

* `log_folder`: the lines that are new. `readings`: what a line says. `board`: the sums of all lines.
  `exposition`: the text. `page`: all of it for one request.
* Milliseconds become seconds, as is usual there: `CommitLatency` is `chaingraph_commit_latency_seconds`.

May be lost: a line that was not written whole when its process was killed.
"""
