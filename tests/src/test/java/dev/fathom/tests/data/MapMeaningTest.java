package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.data.maps.RawMap;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the numbers of a map mean. */
class MapMeaningTest {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    private static MapMeaning of(String text) {
        Map<String, String> settings = Arrays.stream(text.split(",")).collect(Collectors.toMap(
                word -> word.substring(0, word.indexOf('=')), word -> word.substring(word.indexOf('=') + 1)));
        return MapMeaning.of("The set", settings);
    }

    private static MapMeaning.Depth depth(String text, float... numbers) {
        return of(text).toDepth(new RawMap(numbers.length, 1, numbers));
    }

    @ParameterizedTest
    @CsvSource({"m,1", "dm,.1", "cm,.01", "mm,.001", "um,.000001", "km,1000", "inch,.0254", "foot,.3048"})
    void units(String unit, double metres) {
        assertArrayEquals(new float[] {(float) (7 * metres), 0}, depth("unit=" + unit, 7, 0).metres());
    }

    /** Divided, not multiplied by the rounded reciprocal: the same bits as the other data sets. */
    @Test
    void millimetresAreDivided() {
        for (int v = 0; v < 65536; v++) {
            assertEquals((float) (v / 1000.0), depth("unit=mm", v).metres()[0]);
            assertEquals((float) (v / 256.0), depth("scale=1/256", v).metres()[0]);
        }
    }

    @Test
    void disparity() {
        assertArrayEquals(new float[] {389.61f, 38.961f, 0, 0, 0, 0},
                depth("quantity=disparity,scale=389.61", 1, 10, 0, -1, NAN, INF).metres());
        assertEquals(3, depth("quantity=disparity,scale=389.61", 1, 10, 0, -1, NAN, INF).repaired());
        assertArrayEquals(new float[] {2}, depth("quantity=disparity,scale=1/256", 1 / 512f).metres());
    }

    @Test
    void holes() {
        MapMeaning.Depth undeclared = depth("unit=m", 1, 0, -1, NAN, INF, -INF);
        assertArrayEquals(new float[] {1, 0, 0, 0, 0, 0}, undeclared.metres());
        assertEquals(4, undeclared.repaired());
        MapMeaning.Depth declared = depth("unit=m,invalid=nan+inf+<=0+65535+>80", 1, 0, -1, NAN, INF, -INF, 65535, 80, 81);
        assertArrayEquals(new float[] {1, 0, 0, 0, 0, 0, 0, 80, 0}, declared.metres());
        assertEquals(0, declared.repaired());
        assertArrayEquals(new float[] {0, 2, 0}, depth("unit=m,invalid=<2+>=3", 1.9f, 2, 3).metres());
        assertEquals(1, depth("unit=km", 1e38f).repaired());
    }

    @Test
    void relativeNumbersHaveNoMetres() {
        MapMeaning relative = of("quantity=disparity,unit=none,invalid=-1");
        assertTrue(relative.relative());
        assertArrayEquals(new float[] {0, -2, NAN, NAN, 5},
                relative.toNumbers(new RawMap(5, 1, new float[] {0, -2, -1, INF, 5})));
        assertThrows(IllegalStateException.class, () -> relative.toDepth(new RawMap(1, 1, new float[1])));
        assertFalse(of("unit=mm").relative());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"unit=mm|quantity=depth,unit=mm", "scale=1/256|quantity=depth,scale=1/256",
        "quantity=disparity,unit=none,invalid=nan+<=0|quantity=disparity,unit=none,invalid=nan+<=0"})
    void printsWhatItReads(String typed, String printed) {
        assertEquals(printed, of(typed).toString());
        assertEquals(printed, of(printed).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "invalid=0|The set does not say how long a unit of its numbers is: expected unit=m (",
        "unit=m,scale=2|The set has both unit and scale: expected",
        "unit=yard|The set has unit=yard: expected one of cm, dm, foot,",
        "scale=0|The set has scale=0: expected a number above 0 or a fraction",
        "scale=1/x|The set has scale=1/x: expected", "scale=1/0|The set has scale=1/0: expected",
        "scale=nan|The set has scale=nan: expected",
        "quantity=depht,unit=m|The set has quantity=depht: expected depth or disparity.",
        "quantity=disparity,unit=m|The set has unit=m with quantity=disparity, which is no length: expected scale=S",
        "unit=m,invalid=<|The set has invalid=<: expected nan, inf, a number, or a bound",
        "unit=m,invalid=0+|The set has invalid=0+: expected", "unit=m,invalid=<nan|The set has invalid=<nan: expected"})
    void refusals(String typed, String begin) {
        String sentence = assertThrows(FathomException.class, () -> of(typed)).getMessage();
        assertTrue(sentence.startsWith(begin), sentence);
    }
}
