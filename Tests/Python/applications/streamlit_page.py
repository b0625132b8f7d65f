"""A page of Streamlit with its own sign-in. `.streamlit/secrets.toml` in the working folder has the client."""
import streamlit

if not streamlit.user.is_logged_in:
    streamlit.button("Sign in", on_click=streamlit.login)
    streamlit.stop()
streamlit.button("Sign out", on_click=streamlit.logout)
streamlit.write(f"Hello {streamlit.user.preferred_username}, {streamlit.user.email}")
