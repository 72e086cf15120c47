"""What the owner of a flow has to do next: a product that is gone, a review that is due."""
