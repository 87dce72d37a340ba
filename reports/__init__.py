"""Documents made from stored rows, without Streamlit."""
