"""Files on their way in: CSV, NDJSON and Parquet of activities, members, goods, categories, stores and pictures.

Always holds: memory is bounded whatever the file says of itself; a broken row is told with its number, its field, what
was found and what is right, and leaves the rows around it alone; a row taken in twice changes nothing the second time.
"""
