"""What a monitor looks at all day: Streamlit pages over stored rows."""
