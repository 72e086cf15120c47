"""The public form: taken in by a process that can know nobody, made a question by the worker."""
