package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Golden;
import dev.fathom.tests.golden.Npy;
import java.security.MessageDigest;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PaletteTest {

    @Test
    void everyTableIsExact() {
        Golden golden = new Golden("e_pre/colormaps");
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        int tables = 0;
        for (JsonNode table : golden.json().get("tables")) {
            byte[] expected = golden.npy(table.get("file").asText()).bytes();
            Palette palette = Palette.named(table.get("name").asText());
            assertArrayEquals(expected, palette.apply(all, 256, 1).rgb(), palette.name());
            int last = palette.colour(255);
            assertEquals(expected[765] & 0xFF, last >> 16);
            assertEquals(expected[767] & 0xFF, last & 0xFF);
            tables++;
        }
        assertEquals(10, tables);
    }

    /** From the model's float map to the picture that the original program wrote, by hash and by file. */
    @Test
    void theOriginalsPictures() throws Exception {
        Golden golden = new Golden("e_pre/infer_image");
        for (JsonNode vis : golden.json().get("visualisation")) {
            Npy map = golden.npy(vis.get("from_npy").asText());
            byte[] gray = ByteMap.of(map.floats());
            assertEquals(vis.get("gray_sha256").asText(), sha256(gray));
            Picture coloured = Palette.named(vis.get("colormap").asText()).apply(gray, map.shape()[1], map.shape()[0]);
            assertEquals(vis.get("rgb_sha256").asText(), sha256(coloured.rgb()));
            assertEquals(PictureReader.read(golden.path(vis.get("file").asText())), coloured);
            assertEquals(PictureReader.read(golden.path("vis_gray.png")),
                    ByteMap.gray(gray, map.shape()[1], map.shape()[0]));
        }
    }

    @Test
    void constantAndBrokenMapsAreShownWithoutFailure() {
        assertArrayEquals(new byte[3], ByteMap.of(new float[] {2, 2, 2}));
        assertArrayEquals(new byte[0], ByteMap.of(new float[0]));
        assertArrayEquals(new byte[] {0, (byte) 255, 0, (byte) 255, 0},
                ByteMap.of(new float[] {1, 3, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}));
        assertArrayEquals(new byte[] {0, 127, (byte) 255, (byte) 255},
                ByteMap.of(new float[] {-1, 0.5f, 1, 7}, new ByteMap.Range(0, 1)));
    }

    @Property(tries = 200)
    void fractionsAreLookedUpAsInMatplotlib(@ForAll double fraction) {
        Palette viridis = Palette.named("viridis");
        int expected = fraction >= 1 ? 255 : fraction <= 0 ? 0 : (int) Math.floor(fraction * 256);
        assertEquals(viridis.colour(expected), viridis.colourAt(fraction));
    }

    @Test
    void anUnknownNameListsTheKnownOnes() {
        FathomException unknown = assertThrows(FathomException.class, () -> Palette.named("rainbow"));
        assertTrue(unknown.getMessage().contains("viridis") && unknown.getMessage().contains("rainbow"));
        assertEquals("Spectral_r", Palette.named("spectral_R").name());
        for (String name : Palette.names()) {
            assertEquals(name + "_r", Palette.named(name + "_r").name());
        }
        assertEquals(Palette.named("magma").colour(3), Palette.named("magma_r").colour(252));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
