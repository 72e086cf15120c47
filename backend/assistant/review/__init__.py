"""Looking at a version before it is published: check, preview, graph, what changes for whom; submit and publish."""
