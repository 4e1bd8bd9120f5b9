"""The pages: thin views by noun, each with one frozen page object; they read what was published and never decide."""
