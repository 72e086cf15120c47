"""The monitor of the contact centre: every open question of the city by age, deadline and movement, counted apart."""
