package dev.fathom.training.data.doctor;

import java.util.List;

/**
 * Distance along the camera's rays in place of depth along Z, as Hypersim's files hold it: walls bulge, by 15 % at the
 * edge of a field of view of 60 degrees. It shows where the camera is known, and planes are.
 */
final class DistanceCheck implements Check {
    private static final int SLOPES = 300;
    /** Share of the slopes that must be straight as distances, and how many more than as depths. */
    private static final double MOST = 0.4;
    private static final double MORE = 0.25;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> frames = set.withDepth().stream().filter(f -> f.distances().isPresent()).toList();
        long slopes = frames.stream().mapToLong(f -> f.planes().places()).sum();
        double asDepth = straight(frames, false);
        double asDistance = straight(frames, true);
        if (slopes < SLOPES || asDistance < MOST || asDistance < asDepth + MORE) {
            return List.of();
        }
        return List.of(new Finding(Kind.DISTANCE, Severity.ERROR,
                "The numbers are distances along the camera's rays, not"
                + " depth along Z.", Check.text("1/Z is linear along planes: with these numbers as depth %s of the slopes are"
                + " straight, with them as distances %s (%,d slopes, with the cameras that the set gives).",
                Check.percent(asDepth), Check.percent(asDistance), slopes),
                "Divide each by the length of its ray, Z = d / sqrt(1 + ((u - cx) / fx)^2 + ((v - cy) / fy)^2), before anything"
                + " else; --dataset hypersim:PATH does so for Hypersim.", Check.where(frames, f -> "")));
    }

    private static double straight(List<FrameFacts> frames, boolean distances) {
        double straight = 0;
        long places = 0;
        for (FrameFacts frame : frames) {
            PlaneShape shape = distances ? frame.distances().orElseThrow() : frame.planes();
            straight += shape.straight() * shape.places();
            places += shape.places();
        }
        return places == 0 ? 0 : straight / places;
    }
}
