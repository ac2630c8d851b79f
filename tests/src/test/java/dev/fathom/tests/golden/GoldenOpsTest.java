package dev.fathom.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operator case of the original PyTorch code, forward and backward, on the cpu in float32 and by the
 * specification in float64.
 */
class GoldenOpsTest {

    private static List<String> index() {
        return StreamSupport.stream(new Golden("a_ops").json("index.json").spliterator(), false).map(n -> n.asText())
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> cpu() {
        return ours().map(c -> DynamicTest.dynamicTest(c, () -> {
            GoldenCase golden = GoldenCase.read("a_ops", c);
            GoldenRunner.runOnCpu(golden, GoldenOps.recipe(golden.op()));
        }));
    }

    @TestFactory
    Stream<DynamicTest> reference() {
        return ours().map(c -> DynamicTest.dynamicTest(c, () -> {
            GoldenCase golden = GoldenCase.read("a_ops", c);
            GoldenRunner.runOnReference(golden, GoldenOps.recipe(golden.op()));
        }));
    }

    private static Stream<String> ours() {
        return index().stream().filter(c -> !NotOurs.CASES.containsKey(c));
    }

    /** A case is computed, or {@link NotOurs} says why not: none is forgotten, and none is both. */
    @Test
    void everyCaseIsRunOrListed() {
        List<String> wrong = new ArrayList<>();
        for (String c : index()) {
            boolean run = false;
            if (GoldenOpsTest.class.getResource("/golden/a_ops/" + c + "/case.json") != null) {
                run = GoldenOps.recipe(new Golden("a_ops/" + c).json().get("op").asText()) != null;
            }
            if (!run && !NotOurs.CASES.containsKey(c)) {
                wrong.add(c + " has no recipe (or its folder is missing)");
            }
        }
        NotOurs.CASES.keySet().stream().filter(c -> !index().contains(c))
                .forEach(c -> wrong.add(c + " is listed but is no case"));
        assertEquals(List.of(), wrong);
    }
}
