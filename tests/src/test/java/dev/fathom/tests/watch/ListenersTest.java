package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.training.trainer.TrainListener;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Several listeners as one: whatever a run says reaches all of them, in order. */
class ListenersTest {
    @Test
    void everyMethodReachesEveryListener() throws ReflectiveOperationException {
        List<Method> methods = Arrays.stream(TrainListener.class.getMethods())
                .filter(m -> !Modifier.isStatic(m.getModifiers())).toList();
        assertTrue(methods.size() > 8, methods.toString());
        for (Method method : methods) {
            List<String> heard = new ArrayList<>();
            TrainListener both = TrainListener.all(listener("a", heard), listener("b", heard));
            Object[] values = Arrays.stream(method.getParameterTypes()).map(ListenersTest::something).toArray();
            Object answer = method.invoke(both, values);
            List<String> calls = heard.stream().filter(h -> h.endsWith(method.getName())).toList();
            if (method.getName().equals("wantsGradients")) {
                assertEquals(true, answer, "one that wants them is enough");
            } else {
                assertEquals(List.of("a " + method.getName(), "b " + method.getName()), calls);
            }
        }
    }

    private static TrainListener listener(String name, List<String> heard) {
        InvocationHandler hear = (proxy, method, values) -> {
            heard.add(name + " " + method.getName());
            return method.getReturnType() == boolean.class ? (Object) true : null;
        };
        return (TrainListener) Proxy.newProxyInstance(TrainListener.class.getClassLoader(),
                new Class<?>[] {TrainListener.class}, hear);
    }

    private static Object something(Class<?> type) {
        return type == int.class ? (Object) 1 : type == long.class ? (Object) 1L : type == double.class ? (Object) 1.0
                : null;
    }

    /** Gradients cost time: who did not ask is not told. */
    @Test
    void gradientsReachOnlyWhoAsked() {
        List<Long> seen = new ArrayList<>();
        TrainListener asks = new TrainListener() {
            @Override
            public boolean wantsGradients(long step) {
                return step == 3;
            }

            @Override
            public void gradients(long step, Map<String, Tensor> byParameter,
                    double scale) {
                seen.add(step);
            }
        };
        TrainListener both = TrainListener.all(new TrainListener() { }, asks);
        for (long step = 1; step <= 4; step++) {
            if (both.wantsGradients(step)) {
                both.gradients(step, null, 1);
            }
        }
        both.gradients(4, null, 1);
        assertEquals(List.of(3L), seen);
    }
}
