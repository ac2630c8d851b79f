package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Golden;
import dev.fathom.tests.golden.Npy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The pictures of golden/e_pre/decoders, which OpenCV 4.6 decoded: equal in every byte, JPEG too. */
class PictureReaderTest {

    private static final Golden GOLDEN = new Golden("e_pre/decoders");

    @TestFactory
    List<DynamicTest> equalsOpenCv() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode item : GOLDEN.json().get("items")) {
            String file = item.get("file").asText();
            String flag = item.get("flag").asText();
            tests.add(DynamicTest.dynamicTest(file + " " + flag, () -> {
                Npy expected = GOLDEN.npy(item.get("expected").asText());
                Path path = GOLDEN.path(file);
                assertTrue(PictureReader.recognises(path));
                if (flag.equals("unchanged")) {
                    PictureReader.Gray16 gray = PictureReader.readGray16(path);
                    assertEquals(expected.shape()[1], gray.width());
                    assertArrayEquals(expected.shorts(), gray.values());
                } else {
                    Picture picture = PictureReader.read(path);
                    assertArrayEquals(expected.shape(), new int[] {picture.height(), picture.width(), 3});
                    assertArrayEquals(expected.bytes(), picture.rgb());
                }
            }));
        }
        assertEquals(12, tests.size());
        return tests;
    }

    @Test
    void anEightBitPictureIsNoDepthPicture() {
        FathomException no = assertThrows(FathomException.class,
                () -> PictureReader.readGray16(GOLDEN.path("p_rgb.png")));
        assertTrue(no.getMessage().contains("p_rgb.png") && no.getMessage().contains("3 channel"), no.getMessage());
    }
}
