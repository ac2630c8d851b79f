package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.optim.LrScale;
import dev.fathom.training.optim.NamePattern;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Name patterns mean what they mean in Python's {@code fnmatch.fnmatchcase}, and a wrong one says what is near. */
class NamePatternTest {
    private static final List<String> NAMES = List.of("pretrained.cls_token", "pretrained.pos_embed",
            "pretrained.patch_embed.proj.weight", "pretrained.blocks.0.norm1.weight",
            "pretrained.blocks.5.attn.qkv.weight", "pretrained.blocks.11.attn.qkv.bias", "pretrained.norm.weight",
            "depth_head.projects.0.weight", "depth_head.scratch.layer1_rn.weight");

    @ParameterizedTest
    @CsvSource({"pretrained.*, 7", "*, 9", "*.weight, 6", "pretrained.blocks.[0-5].*, 2", "pretrained.blocks.1[01].*, 1",
            "pretrained.blocks.[!0-4].*, 1", "pretrained.blocks.??.*, 1", "pretrained.norm.weight, 1",
            "*.norm?.weight, 1", "depth_head.scratch.layer[1-4]_rn.*, 1", "pretrained.c[lx]s_token, 1"})
    void choosesAsFnmatchDoes(String pattern, int count) {
        assertEquals(count, NamePattern.of(pattern).among(NAMES, "--freeze").size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "pretrained.block.* | under pretrained. there are cls_token, pos_embed, patch_embed, blocks, norm.",
            "pretrained | for all of pretrained write pretrained.*",
            "pretrained.blocks.7.* | under pretrained.blocks. there are 0, 5, 11.",
            "pretrained.blocks.[67].* | under pretrained.blocks. there are 0, 5, 11.",
            "Pretrained.* | names begin with pretrained, depth_head.",
            "pretrained.norm.wieght | under pretrained.norm. there are weight."})
    void aPatternThatMatchesNothingIsToldWhatThereIs(String pattern, String near) {
        assertEquals("--freeze " + pattern + " matches no parameter; " + near,
                assertThrows(FathomException.class, () -> NamePattern.of(pattern).among(NAMES, "--freeze"))
                        .getMessage());
    }

    @Test
    void aLongListIsCut() {
        List<String> blocks = java.util.stream.IntStream.range(0, 24).mapToObj(i -> "blocks." + i + ".w").toList();
        String said = assertThrows(FathomException.class, () -> NamePattern.of("blocks.24.*").among(blocks, "--freeze"))
                .getMessage();
        assertEquals("--freeze blocks.24.* matches no parameter; under blocks. there are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,"
                + " 10, 11 and 12 more.", said);
    }

    @ParameterizedTest
    @CsvSource({"' '", "a[", "a[b", "a[5-0]b"})
    void refusesWhatIsNoPattern(String pattern) {
        assertThrows(FathomException.class, () -> NamePattern.of(pattern));
    }

    @Test
    void aFactorStandsBehindTheLastEqualsSign() {
        LrScale scale = LrScale.of("pretrained.*=1e-1");
        assertEquals("pretrained.*", scale.pattern().toString());
        assertEquals(0.1, scale.factor());
        for (String wrong : List.of("pretrained.*", "pretrained.*=", "pretrained.*=ten", "pretrained.*=0", "=2",
                "pretrained.*=-1", "pretrained.*=NaN", "pretrained.*=Infinity")) {
            assertThrows(FathomException.class, () -> LrScale.of(wrong), wrong);
        }
    }
}
