"""Where the functions run: on AWS, and the same functions on one machine."""
