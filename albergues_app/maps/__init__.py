"""Maps: a frame drawn by Folium once per boundary edition, and what a worker needs to serve it."""
