from tests.backend.contacts.intake.office import counter

__all__ = ["counter"]
