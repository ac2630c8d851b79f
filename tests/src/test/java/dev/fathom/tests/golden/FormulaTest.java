package dev.fathom.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The test vectors of the reference's WEIGHTS.md: a wrong formula would make every other golden test meaningless. */
class FormulaTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            da2b/x | 0 | 10a727e8130588c5 | 7190462 | 1.0 | 0.0 | be124210
            da2b/x | 1 | 10a727e8130588c5 | 11849669 | 1.0 | 0.0 | 3ed33f14
            da2b/pretrained.cls_token | 383 | bfdbc1f19e3e075f | 408239 | 0.5 | 0.0 | bef38aa2
            da2b/pretrained.norm.weight | 5 | 5946805aa21203ad | 2056275 | 0.1 | 1.0 | 3f6cacdd
            da2b/pretrained.blocks.0.ls1.gamma | 7 | 46c5fa8bfb2b32c2 | 607162 | 0.25 | 0.75 | 3f04a1dd
            da2b/depth_head.scratch.output_conv2.2.bias | 0 | 581bebe7b576fd60 | 13370492 | 0.1 | 0.5 | 3f0f3419
            da2b/sé中 | 4000000000 | 1d8e79e54140983f | 13398299 | 1.0 | 0.0 | 3f18e236
            '' | 0 | cbf29ce484222325 | 12812668 | 1.0 | 0.0 | 3f0702f8
            """)
    void matchesThePublishedVectors(String key, long i, String base, int k, double scale, double offset, String bits) {
        long b = Formula.base(key);
        assertEquals(base, Long.toHexString(b));
        assertEquals(k, Formula.bits24(b, i));
        float value = (float) (((k - 8388608) / 8388608.0) * scale + offset);
        assertEquals(bits, Integer.toHexString(Float.floatToRawIntBits(value)));
    }
}
