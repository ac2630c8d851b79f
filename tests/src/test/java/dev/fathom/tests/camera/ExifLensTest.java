package dev.fathom.tests.camera;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.camera.ExifLens;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.tests.image.ExifSegment;
import dev.fathom.tests.image.JpegParts;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A photo's EXIF as a camera of the photo as it is seen. */
class ExifLensTest {
    private static final int FOCAL = 0x920A;
    private static final int FOCAL_35 = 0xA405;
    private static final int COLUMNS = 0xA002;
    private static final int ROWS = 0xA003;
    private static final int PLANE_X = 0xA20E;
    private static final int PLANE_Y = 0xA20F;
    private static final int PLANE_UNIT = 0xA210;

    @TempDir
    private Path folder;

    private ExifLens lens(ExifSegment exif) {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        try {
            ImageIO.write(new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB), "jpg", jpeg);
            return ExifLens.of(Files.write(folder.resolve("photo.jpg"), JpegParts.withSegment(jpeg.toByteArray(), 0xE1,
                    exif.bytes())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A phone: 26 mm on film whose diagonal is 43.27 mm, at 4032 x 3024 pixels, whose diagonal is 5040. */
    @Test
    void theFilmEquivalentIsOfTheDiagonal() {
        ExifLens lens = lens(new ExifSegment().number(FOCAL_35, 26).fraction(FOCAL, 425, 100).number(COLUMNS, 4032)
                .number(ROWS, 3024));
        assertEquals(26, lens.focal35());
        assertEquals(4.25, lens.focal());
        Intrinsics camera = lens.camera(4032, 3024).orElseThrow();
        assertEquals(26 / Math.sqrt(1872) * 5040, camera.fx(), 1e-9);
        assertEquals(3028.66, camera.fx(), 0.01);
        assertEquals(camera.fx(), camera.fy());
        assertEquals(2015.5, camera.cx());
        assertEquals(1511.5, camera.cy());
        assertEquals(camera.fx() / 4, lens.camera(1008, 756).orElseThrow().fx(), 1e-9, "of the resized photo");
        assertEquals(camera.fx(), lens.camera(3024, 4032).orElseThrow().fx(), 1e-9, "of the photo held upright");
        assertEquals("26 mm on film of 36 x 24 mm", lens.words());
    }

    /** A lens of 50 mm; 166 pixels a mm along rows, 160 along columns; of 5976 x 3840. */
    @Test
    void theSensorsPixels() {
        ExifSegment exif = new ExifSegment().number(FOCAL_35, 0).fraction(FOCAL, 50, 1).fraction(PLANE_X, 166, 1)
                .fraction(PLANE_Y, 160, 1).number(PLANE_UNIT, 4).number(COLUMNS, 5976).number(ROWS, 3840);
        Intrinsics camera = lens(exif).camera(5976, 3840).orElseThrow();
        assertEquals(8300, camera.fx(), 1e-9);
        assertEquals(8000, camera.fy(), 1e-9);
        Intrinsics half = lens(exif).camera(2988, 1920).orElseThrow();
        assertEquals(4150, half.fx(), 1e-9);
        Intrinsics upright = lens(exif.orientation(6)).camera(1920, 2988).orElseThrow();
        assertEquals(4000, upright.fx(), 1e-9, "stored rows are seen as columns");
        assertEquals(4150, upright.fy(), 1e-9);
        assertEquals(8300 / 25.4, lens(exif.number(PLANE_UNIT, 2)).camera(5976, 3840).orElseThrow().fx(), 1e-9);
        assertEquals(830, lens(exif.number(PLANE_UNIT, 3)).camera(5976, 3840).orElseThrow().fx(), 1e-9);
        assertEquals(8300e3, lens(exif.number(PLANE_UNIT, 5)).camera(5976, 3840).orElseThrow().fx(), 1e-6);
    }

    @Test
    void aCroppedPhotoSaysNothing() {
        ExifLens lens = lens(new ExifSegment().number(FOCAL_35, 26).number(COLUMNS, 4000).number(ROWS, 3000));
        assertTrue(lens.cropped(3000, 3000));
        assertEquals(Optional.empty(), lens.camera(3000, 3000));
        assertFalse(lens.cropped(1333, 1000), "rounding is no crop");
        assertFalse(lens.cropped(3000, 4000));
    }

    @Test
    void noLensAtAll() throws IOException {
        assertEquals(Optional.empty(), lens(new ExifSegment().fraction(FOCAL, 425, 100)).camera(8, 6), "no sensor");
        assertEquals(Optional.empty(), lens(new ExifSegment().fraction(FOCAL, 0, 0).number(FOCAL_35, 0)).camera(8, 6));
        assertEquals(ExifLens.SILENT, ExifLens.of(Files.writeString(folder.resolve("text.jpg"), "text")));
        assertEquals(ExifLens.SILENT, ExifLens.of(folder.resolve("missing.jpg")));
    }
}
