"""Brings the database's schema up to date; run at every deployment, and at every start on one machine."""
