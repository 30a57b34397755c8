// Search by what the player shows: the frame as a picture, or the moment it belongs to.

/** A video that has not moved yet may have a frame on the screen that no canvas can take: ask for it once more. */
function painted(screen, patience = 2000) {
  if (!screen.paused || !screen.requestVideoFrameCallback) return Promise.resolve();
  return new Promise((done) => {
    screen.requestVideoFrameCallback(done);
    setTimeout(done, patience);
    screen.currentTime = screen.currentTime;
  });
}

/** The frame on the screen as a JPEG, no larger than the model looks at. */
export function frameOf(screen, longest = 1024) {
  const scale = Math.min(1, longest / Math.max(screen.videoWidth, screen.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(screen.videoWidth * scale);
  canvas.height = Math.round(screen.videoHeight * scale);
  canvas.getContext("2d").drawImage(screen, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

/** Sends the form with the frame in it; the answer is a page. */
export async function searchFrame(form, screen) {
  await painted(screen);
  const frame = await frameOf(screen);
  if (!frame) return false;
  const carrier = new DataTransfer();
  carrier.items.add(new File([frame], "frame.jpg", { type: "image/jpeg" }));
  form.querySelector("input[type=file]").files = carrier.files;
  form.elements.at_s.value = screen.currentTime.toFixed(2);
  form.submit();
  return true;
}
