from django.urls import path

from webapp.sharing import doors, joining, links, people

urlpatterns = [
    path("library/<uuid:library_id>/people", people.people_page, name="people"),
    path("library/<uuid:library_id>/people/<int:user_id>/role", people.person_role, name="person-role"),
    path("library/<uuid:library_id>/people/<int:user_id>/remove", people.person_remove, name="person-remove"),
    path("library/<uuid:library_id>/invitations", people.invite, name="invite"),
    path(
        "library/<uuid:library_id>/invitations/<int:invitation_id>/withdraw",
        people.invite_withdraw,
        name="invite-withdraw",
    ),
    path("library/<uuid:library_id>/links", links.links_page, name="links"),
    path("library/<uuid:library_id>/links/<int:link_id>/end", links.link_end, name="link-end"),
    path("s/<str:secret>", doors.shared, name="shared"),
    path("shared", doors.shared_offer, name="shared-offer"),
    path("shared/leave", doors.shared_leave, name="shared-leave"),
    path("shared/left", doors.shared_left, name="shared-left"),
    path("join/<str:secret>", joining.join_open, name="join-open"),
    path("join", joining.join, name="join"),
]
