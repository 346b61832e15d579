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
