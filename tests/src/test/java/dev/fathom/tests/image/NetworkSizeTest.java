package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.NetworkSize.Method;
import dev.fathom.tests.golden.Golden;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NetworkSizeTest {

    /** All 1258 rows, three methods; where the original rule gives a side of 0, a sentence. */
    @Test
    void everyRowOfTheOriginalRule() {
        int rows = 0;
        for (JsonNode row : new Golden("e_pre/resize_sizes").json().get("rows")) {
            int width = row.get(0).asInt();
            int height = row.get(1).asInt();
            int inputSize = row.get(2).asInt();
            Method method = Method.valueOf(row.get(3).asText().toUpperCase(Locale.ROOT));
            int outWidth = row.get(4).asInt();
            int outHeight = row.get(5).asInt();
            if (outWidth == 0 || outHeight == 0) {
                FathomException vanished = assertThrows(FathomException.class,
                        () -> NetworkSize.of(width, height, inputSize, method), row::toString);
                assertTrue(vanished.getMessage().contains(width + " x " + height), vanished.getMessage());
            } else {
                assertEquals(new NetworkSize(outWidth, outHeight), NetworkSize.of(width, height, inputSize, method),
                        row::toString);
            }
            rows++;
        }
        assertEquals(1258, rows);
    }

    @Test
    void halvesGoToTheEvenMultiple() {
        assertEquals(644, NetworkSize.of(637, 518, 518).width());      // 45.5 patches
        assertEquals(532, NetworkSize.of(525, 518, 518).width());      // 37.5
        assertEquals(532, NetworkSize.of(539, 518, 518).width());      // 38.5
        assertEquals(49 * 37, NetworkSize.of(640, 480, 518).patches());
    }

    @Property(tries = 500)
    void bothSidesAreMultiplesAndNeverBelowTheBound(@ForAll @IntRange(min = 1, max = 5000) int width,
            @ForAll @IntRange(min = 1, max = 5000) int height, @ForAll @IntRange(min = 1, max = 1000) int inputSize) {
        NetworkSize size = NetworkSize.of(width, height, inputSize);
        assertEquals(0, size.width() % 14);
        assertEquals(0, size.height() % 14);
        assertTrue(size.width() >= inputSize && size.height() >= inputSize, size::toString);
        assertTrue(Math.min(size.width(), size.height()) < inputSize + 14, size::toString);
        NetworkSize turned = NetworkSize.of(height, width, inputSize);
        assertEquals(new NetworkSize(size.height(), size.width()), turned);
    }

    @Test
    void anAbsurdlyThinPictureIsRefusedBeforeItsSizeOverflows() {
        FathomException thin = assertThrows(FathomException.class, () -> NetworkSize.of(1, 8_000_000, 518));
        assertTrue(thin.getMessage().contains("1 x 8000000"), thin.getMessage());
    }
}
