"""The languages of the pages: which one a request gets, how it is chosen, and stored sentences said in it."""
