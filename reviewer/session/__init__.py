"""What a person does, without a screen: the only thing that the workstation and plain mode talk to."""
