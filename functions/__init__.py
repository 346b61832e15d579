"""What is deployed: a folder is a unit; `routes` and `tasks` translate, `handler` wires."""
