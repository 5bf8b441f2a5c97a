"""A rating in words, for the terminal."""

from device.vision.rating import Rating


def describe(rating: Rating) -> str:
    """One line: the score as people are shown it, and what each face adds."""
    if not rating.faces:
        return f"{rating.shown_score:.1f}  no face"
    faces = ", ".join(
        f"{face.smile.label} smile ({max(face.smile.probabilities):.2f})"
        f" eyes {face.eyes.state}{f' {face.eyes.open}' if face.eyes.state == 'open' else ''}"
        for face in rating.faces
    )
    count = len(rating.faces)
    return f"{rating.shown_score:.1f}  {count} face{'s' if count > 1 else ''}: {faces}"
