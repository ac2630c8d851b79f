package dev.fathom.training.data.doctor;

import dev.fathom.models.camera.Intrinsics;
import java.util.List;

/** Cameras whose centre or field of view does not go with the picture's size: usually it was resized, the camera not. */
final class CameraCheck implements Check {
    private static final double NARROW = Math.toRadians(10);
    private static final double WIDE = Math.toRadians(150);

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> wrong = set.frames().stream().filter(f -> f.camera().isPresent() && !plausible(f)).toList();
        if (wrong.isEmpty()) {
            return List.of();
        }
        FrameFacts first = wrong.getFirst();
        Intrinsics camera = first.camera().orElseThrow();
        return List.of(new Finding(Kind.CAMERA, Severity.WARNING, Check.some(wrong.size(), set.frames().size(),
                "has a camera that does not go with the size of its picture",
                "have a camera that does not go with the size of their pictures") + ".",
                Check.text("The first has %s pixels, but its centre is at %.1f, %.1f and its field of view %.0f degrees"
                + " across.", first.size(), camera.cx(), camera.cy(), Math.toDegrees(view(first))),
                "Scale fx, fy, cx and cy as the pictures were; points and ray distances are wrong otherwise.",
                Check.where(wrong, f -> Check.text("fx %.1f cx %.1f", f.camera().orElseThrow().fx(),
                f.camera().orElseThrow().cx()))));
    }

    private static double view(FrameFacts frame) {
        return 2 * Math.atan(frame.width() / (2 * frame.camera().orElseThrow().fx()));
    }

    private static boolean plausible(FrameFacts frame) {
        Intrinsics camera = frame.camera().orElseThrow();
        return middle(camera.cx() / frame.width()) && middle(camera.cy() / frame.height()) && view(frame) > NARROW
                && view(frame) < WIDE && camera.fx() > 0.8 * camera.fy() && camera.fy() > 0.8 * camera.fx();
    }

    private static boolean middle(double share) {
        return share > 0.25 && share < 0.75;
    }
}
