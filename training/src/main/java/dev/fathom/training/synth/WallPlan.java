package dev.fathom.training.synth;

import java.util.ArrayList;
import java.util.List;

/**
 * Which stretches of one wall are taken, so that a cupboard does not stand in front of the door nor a picture hang on
 * the window. Stretches are intervals of the wall's horizontal coordinate, in metres.
 */
final class WallPlan {
    private record Stretch(double from, double to, double bottom, double top) {
    }

    private final double length;
    private final List<Stretch> taken = new ArrayList<>();
    final List<Room.Panel> panels = new ArrayList<>();

    WallPlan(double length) {
        this.length = length;
    }

    /**
     * A random place for something {@code width} wide between the heights {@code bottom} and {@code top}, clear of what
     * is there and of the corners; NaN if none is found.
     */
    double place(SceneRandom random, double width, double bottom, double top, double margin) {
        for (int attempt = 0; attempt < 8; attempt++) {
            if (length < width + 2 * margin) {
                return Double.NaN;
            }
            double from = random.uniform(margin, length - margin - width);
            if (free(from, from + width, bottom, top)) {
                return from;
            }
        }
        return Double.NaN;
    }

    boolean free(double from, double to, double bottom, double top) {
        return taken.stream().noneMatch(s -> from < s.to + 0.05 && to > s.from - 0.05 && bottom < s.top
            && top > s.bottom);
    }

    void take(double from, double to, double bottom, double top) {
        taken.add(new Stretch(from, to, bottom, top));
    }

    /** Adds a panel and takes its place, from the floor up if nothing may stand in front of it. */
    void add(Room.Panel panel, boolean keepClear) {
        panels.add(panel);
        take(panel.u(), panel.u() + panel.width(), keepClear ? 0 : panel.v(), panel.v() + panel.height());
    }
}
