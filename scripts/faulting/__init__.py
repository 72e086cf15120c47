"""The long version of the fault suite: the trial of `tests/reliability`, for as long as wanted, and its table."""
