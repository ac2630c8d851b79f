package dev.fathom.tools.data.doctor;

import dev.fathom.models.image.Palette;
import dev.fathom.tools.report.DepthCells;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.doctor.Contours;
import dev.fathom.training.data.doctor.FrameFacts;
import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.Map;

/** Small pictures of frames: the photo, the depth in colours, depth's contours on the photo. Each frame is read once. */
final class FramePictures {
    /** Pixels across. */
    private static final int WIDTH = 240;
    private static final double QUALITY = 0.85;
    private static final int CONTOUR = 0xFF2020;
    static final Palette PALETTE = Palette.named("turbo");

    /** A frame's pictures. */
    record Shown(EmbeddedImage photo, EmbeddedImage depth) {
    }

    private final DepthDataset data;
    private final Map<Integer, Shown> made = new HashMap<>();

    FramePictures(DepthDataset data) {
        this.data = data;
    }

    /** Photo and depth; null for a frame that cannot be read any more. */
    Shown of(FrameFacts frame) {
        return made.computeIfAbsent(frame.index(), index -> {
            DepthSample sample = read(index);
            if (sample == null) {
                return null;
            }
            int height = height(sample);
            double high = frame.hasDepth() ? frame.depth().high() * 1.05 : 1;
            return new Shown(EmbeddedImage.jpeg(DepthCells.photo(sample.picture(), WIDTH, height), QUALITY),
                    EmbeddedImage.png(DepthCells.map(sample.depth(), sample.width(), sample.height(), true, PALETTE,
                    high,
                    WIDTH, height)));
        });
    }

    /** The photo with depth's contours as read, and with those moved by so many cells. */
    Shown contours(FrameFacts frame, int dx, int dy) {
        DepthSample sample = read(frame.index());
        if (sample == null) {
            return null;
        }
        Contours contours = Contours.of(sample);
        return new Shown(drawn(sample, contours, 0, 0), drawn(sample, contours, dx, dy));
    }

    private static EmbeddedImage drawn(DepthSample sample, Contours contours, int dx, int dy) {
        BufferedImage photo = DepthCells.photo(sample.picture(), 2 * WIDTH, 2 * height(sample));
        double scale = photo.getWidth() / (double) contours.width();
        for (int i = 0; i < contours.x().length; i++) {
            int x = (int) ((contours.x()[i] + dx + 0.5) * scale);
            int y = (int) ((contours.y()[i] + dy + 0.5) * scale);
            for (int v = Math.max(0, y - 1); v < Math.min(photo.getHeight(), y + 1); v++) {
                for (int u = Math.max(0, x - 1); u < Math.min(photo.getWidth(), x + 1); u++) {
                    photo.setRGB(u, v, CONTOUR);
                }
            }
        }
        return EmbeddedImage.jpeg(photo, QUALITY);
    }

    /** Null where the frame was there when the set was looked at, and is gone now. */
    private DepthSample read(int index) {
        try {
            return data.sample(index);
        } catch (FrameException gone) {
            return null;
        }
    }

    private static int height(DepthSample sample) {
        return Math.max(1, Math.round((float) WIDTH * sample.height() / sample.width()));
    }
}
