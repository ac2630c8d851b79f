package dev.fathom.tools.report.run;

import dev.fathom.tools.report.EmbeddedImage;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * Pictures of a run's folder, small enough for a page. What was once made is kept, so that a page an epoch only costs
 * the new pictures.
 */
final class Tiles {
    /** Pictures that are kept: a few megabytes. */
    private static final int KEPT = 500;
    private static final double QUALITY = 0.85;

    private final int width;
    private final Map<Key, EmbeddedImage> made = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, EmbeddedImage> eldest) {
            return size() > KEPT;
        }
    };

    private record Key(Path file, FileTime written) {
    }

    /** @param width that pictures are brought down to, in pixels */
    Tiles(int width) {
        this.width = width;
    }

    /** The picture of a file; null if no file is named, it is not there, or it is no picture. */
    EmbeddedImage of(Path file) {
        if (file == null || !Files.isRegularFile(file)) {
            return null;
        }
        try {
            Key key = new Key(file, Files.getLastModifiedTime(file));
            EmbeddedImage tile = made.get(key);
            if (tile == null) {
                BufferedImage image = ImageIO.read(file.toFile());
                if (image == null) {
                    return null;
                }
                tile = EmbeddedImage.jpeg(shrunk(image), QUALITY);
                made.put(key, tile);
            }
            return tile;
        } catch (IOException torn) {
            // Half a picture is what a killed run may leave: the page shows its place empty and says "no picture".
            return null;
        }
    }

    private BufferedImage shrunk(BufferedImage image) {
        int w = Math.min(width, image.getWidth());
        int h = Math.max(1, Math.round((float) w * image.getHeight() / image.getWidth()));
        BufferedImage small = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = small.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        g.drawImage(image, 0, 0, w, h, null);
        g.dispose();
        return small;
    }
}
