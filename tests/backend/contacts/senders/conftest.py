from tests.backend.contacts.inbound.office import office

__all__ = ["office"]
