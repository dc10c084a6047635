"""Tables, connections, migrations, the event log, and every query that the program makes."""
