"""The words after `grade`: one module a command, named as it is typed, with a `command` in it.

A trailing underscore keeps a name from being a word of Python's. Only the module of the command
that was typed is imported, and it imports what it needs when it runs.
"""
