"""The Textual app: screens, panes and palette; no SQL, no HTTP, no statistics."""
