package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with a picture is said in one sentence that names it. */
class BrokenPictureTest {

    private static final Golden GOLDEN = new Golden("e_pre/decoders");
    private static final String[] FILES = {"j444.jpg", "j420prog.jpg", "jgray.jpg", "jexif6.jpg", "p_rgb.png",
        "p_palette.png", "p_gray16.png"};

    @TempDir
    Path folder;

    private String failure(Path file) {
        String message = assertThrows(FathomException.class, () -> PictureReader.read(file)).getMessage();
        assertTrue(message.contains(file.toString()), message);
        return message;
    }

    @Test
    void missingEmptyAndForeignFiles() throws IOException {
        assertTrue(failure(folder.resolve("none.jpg")).contains("There is no picture"));
        assertTrue(failure(folder).contains("is a folder"));
        Path empty = Files.createFile(folder.resolve("empty.jpg"));
        assertTrue(failure(empty).contains("0 bytes"));
        Path text = Files.writeString(folder.resolve("text.png"), "BMW is a car maker, and this is no picture.");
        assertTrue(failure(text).contains("not a picture"));
        assertFalse(PictureReader.recognises(text));
        assertFalse(PictureReader.recognises(empty));
        assertFalse(PictureReader.recognises(folder));
        assertFalse(PictureReader.recognises(folder.resolve("none.jpg")));
    }

    /** A name says nothing: a PNG called .jpg is read. */
    @Test
    void theContentDecidesNotTheName() throws IOException {
        Path misnamed = Files.write(folder.resolve("x.jpg"), GOLDEN.bytes("p_rgb.png"));
        assertEquals(PictureReader.read(GOLDEN.path("p_rgb.png")), PictureReader.read(misnamed));
    }

    @Test
    void absurdSizesAreRefusedBeforeAnythingIsAllocated() {
        byte[] png = GOLDEN.bytes("p_rgb.png");
        ByteBuffer.wrap(png).putInt(16, 1_000_000).putInt(20, 1_000_000);
        CRC32 crc = new CRC32();
        crc.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
        String message = assertThrows(FathomException.class, () -> PictureReader.decode(png, "huge.png")).getMessage();
        assertTrue(message.contains("huge.png") && message.contains("1000000 x 1000000"), message);
    }

    @Test
    void aJpegThatEndsTooEarlyIsRefused() {
        byte[] jpeg = GOLDEN.bytes("j420.jpg");
        String message = assertThrows(FathomException.class,
                () -> PictureReader.decode(Arrays.copyOf(jpeg, jpeg.length * 2 / 3), "half.jpg")).getMessage();
        assertTrue(message.contains("half.jpg") && message.contains("ends too early"), message);
    }

    /** Cut anywhere: a sentence, or (when only the trailer is gone) the whole picture; never part of one. */
    @Property(tries = 150)
    void cutFiles(@ForAll @IntRange(max = 6) int file, @ForAll @IntRange(max = 9999) int share) {
        byte[] bytes = GOLDEN.bytes(FILES[file]);
        byte[] cut = Arrays.copyOf(bytes, (int) ((long) bytes.length * share / 10_000));
        try {
            assertEquals(PictureReader.decode(bytes, "whole"), PictureReader.decode(cut, "cut"));
        } catch (FathomException e) {
            assertTrue(e.getMessage().contains("cut"), e.getMessage());
        }
    }

    /** Bits flipped anywhere: a picture or a sentence, never another exception. */
    @Property(tries = 300)
    void flippedBits(@ForAll @IntRange(max = 6) int file, @ForAll @IntRange(max = 100_000) int at,
            @ForAll @IntRange(max = 100_000) int other, @ForAll byte mask) {
        byte[] bytes = GOLDEN.bytes(FILES[file]);
        bytes[at % bytes.length] ^= mask;
        bytes[other % 200] ^= mask;
        try {
            Picture picture = PictureReader.decode(bytes, "flipped");
            assertTrue(picture.pixels() > 0);
        } catch (FathomException e) {
            assertTrue(e.getMessage().contains("flipped"), e.getMessage());
        }
    }
}
