"""What was planned and did not happen: a reply that does not come, a call that was not made, a question at rest."""
