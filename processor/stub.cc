// Removed when every folder has sources.
