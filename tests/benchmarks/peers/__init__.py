"""The programs that stand beside Reviewer in the speed table."""
