package dev.fathom.tools.report;

import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/** Photos and maps as small pictures: the cells of a {@link DepthPanel}, or pictures by themselves. */
public final class DepthCells {
    /** What has no value is grey, which no palette has. */
    static final int HOLE = 0xC4C4C4;

    private DepthCells() {
    }

    /** A photo, smoothly resized; first halved while it is much larger, since bicubic looks at 4 x 4 pixels. */
    public static BufferedImage photo(Picture picture, int width, int height) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int v = 0; v < picture.height(); v++) {
            for (int u = 0; u < picture.width(); u++) {
                image.setRGB(u, v, picture.at(u, v, 0) << 16 | picture.at(u, v, 1) << 8 | picture.at(u, v, 2));
            }
        }
        while (image.getWidth() >= 2 * width && image.getHeight() > 1) {
            image = resized(image, image.getWidth() / 2, image.getHeight() / 2,
                    RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        }
        return resized(image, width, height, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    }

    private static BufferedImage resized(BufferedImage image, int width, int height, Object interpolation) {
        if (image.getWidth() == width && image.getHeight() == height) {
            return image;
        }
        BufferedImage to = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = to.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, interpolation);
        g.drawImage(image, 0, 0, width, height, null);
        g.dispose();
        return to;
    }

    /**
     * A map in colours, each pixel that of the nearest value: no colour appears that is not the colour of a value.
     *
     * @param values [rows, columns]; what is not finite is grey
     * @param zeroIsHole whether values of 0 and below are grey too
     * @param high the value that gets the palette's last colour; 0 gets its first
     */
    public static BufferedImage map(float[] values, int columns, int rows, boolean zeroIsHole, Palette palette,
            double high, int width, int height) {
        return map(values, columns, rows, zeroIsHole, palette, new Scale(0, high), width, height);
    }

    static BufferedImage map(float[] values, int columns, int rows, boolean zeroIsHole, Palette palette, Scale scale,
            int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int v = 0; v < height; v++) {
            int row = Math.min(rows - 1, (int) ((v + 0.5) * rows / height));
            for (int u = 0; u < width; u++) {
                int column = Math.min(columns - 1, (int) ((u + 0.5) * columns / width));
                float value = values[row * columns + column];
                boolean hole = !Float.isFinite(value) || zeroIsHole && value <= 0;
                image.setRGB(u, v, hole ? HOLE : palette.colourAt(scale.fraction(value)));
            }
        }
        return image;
    }

    /** Pictures of one height beside each other, a few white columns between. */
    public static BufferedImage strip(BufferedImage... cells) {
        int gap = 4;
        int width = -gap;
        for (BufferedImage cell : cells) {
            width += cell.getWidth() + gap;
        }
        BufferedImage strip = new BufferedImage(width, cells[0].getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = strip.createGraphics();
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, width, strip.getHeight());
        int x = 0;
        for (BufferedImage cell : cells) {
            g.drawImage(cell, x, 0, null);
            x += cell.getWidth() + gap;
        }
        g.dispose();
        return strip;
    }
}
