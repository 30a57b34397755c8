from django.urls import path

from webapp.operate import views

urlpatterns = [
    path("operate", views.operate_page, name="operate"),
    path("operate/retry", views.operate_retry_all, name="operate-retry-all"),
    path("operate/retry/<uuid:video_id>", views.operate_retry, name="operate-retry"),
    path("fragments/operate", views.operate_state, name="fragment-operate"),
]
