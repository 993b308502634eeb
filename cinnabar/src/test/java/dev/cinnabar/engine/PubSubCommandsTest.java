package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.config.KeyspaceEvents;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PubSubCommandsTest {
    private static final String RESTRICTED =
            ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";

    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient other = server.connect();

    private String info(TestClient client, String field) {
        String line = this.client.send("CLIENT LIST ID " + client.session().id());
        for (String part : line.split(" ")) if (part.startsWith(field + "=")) return part.substring(field.length() + 1);
        throw new AssertionError("no " + field + " in " + line);
    }

    // ---- listening and publishing ----

    @Test
    void a_message_reaches_those_who_listen_to_the_channel_and_is_counted() {
        assertThat(other.send("SUBSCRIBE news sport"))
                .isEqualTo("*3 $9 subscribe $4 news :1 *3 $9 subscribe $5 sport :2");
        assertThat(client.send("PUBLISH news hello")).isEqualTo(":1");
        assertThat(other.read()).isEqualTo("*3 $7 message $4 news $5 hello");
        assertThat(client.send("PUBLISH weather rain")).isEqualTo(":0");
        assertThat(other.read()).isEmpty();
    }

    @Test
    void who_subscribes_twice_gets_a_message_once() {
        assertThat(other.send("SUBSCRIBE a a")).isEqualTo("*3 $9 subscribe $1 a :1 *3 $9 subscribe $1 a :1");
        assertThat(client.send("PUBLISH a x")).isEqualTo(":1");
        assertThat(other.read()).isEqualTo("*3 $7 message $1 a $1 x");
    }

    @Test
    void patterns_hear_every_channel_that_fits_after_those_who_name_it() {
        other.send("PSUBSCRIBE n* ne?s");
        TestClient third = server.connect();
        third.send("SUBSCRIBE news");
        assertThat(client.send("PUBLISH news x")).isEqualTo(":3");
        assertThat(other.read()).isEqualTo("*4 $8 pmessage $2 n* $4 news $1 x *4 $8 pmessage $4 ne?s $4 news $1 x");
        assertThat(third.read()).isEqualTo("*3 $7 message $4 news $1 x");
    }

    @Test
    void shard_channels_are_names_of_their_own() {
        assertThat(other.send("SSUBSCRIBE a b")).isEqualTo("*3 $10 ssubscribe $1 a :1 *3 $10 ssubscribe $1 b :2");
        assertThat(other.send("PSUBSCRIBE *")).isEqualTo("*3 $10 psubscribe $1 * :1");
        assertThat(client.send("SPUBLISH a x")).isEqualTo(":1");
        assertThat(other.read()).isEqualTo("*3 $8 smessage $1 a $1 x");
        assertThat(client.send("PUBLISH a x")).isEqualTo(":1");
        assertThat(other.read()).isEqualTo("*4 $8 pmessage $1 * $1 a $1 x");
        assertThat(other.send("SUNSUBSCRIBE a")).isEqualTo("*3 $12 sunsubscribe $1 a :1");
        assertThat(client.send("SPUBLISH a x")).isEqualTo(":0");
    }

    @Test
    void unsubscribing_confirms_each_channel_and_also_none() {
        other.send("SUBSCRIBE a b");
        other.send("PSUBSCRIBE p*");
        assertThat(other.send("UNSUBSCRIBE a x")).isEqualTo("*3 $11 unsubscribe $1 a :2 *3 $11 unsubscribe $1 x :2");
        assertThat(other.send("UNSUBSCRIBE")).isEqualTo("*3 $11 unsubscribe $1 b :1");
        assertThat(other.send("UNSUBSCRIBE")).isEqualTo("*3 $11 unsubscribe $-1 :1");
        assertThat(other.send("PUNSUBSCRIBE")).isEqualTo("*3 $12 punsubscribe $2 p* :0");
        assertThat(other.send("PUNSUBSCRIBE")).isEqualTo("*3 $12 punsubscribe $-1 :0");
        assertThat(other.send("GET k")).isEqualTo("$-1");
        assertThat(server.engine.pubSub().clients()).isZero();
    }

    @Test
    void in_resp3_messages_and_confirmations_are_pushes() {
        other.send("HELLO 3");
        assertThat(other.send("SUBSCRIBE a")).isEqualTo(">3 $9 subscribe $1 a :1");
        assertThat(other.send("SUNSUBSCRIBE")).isEqualTo(">3 $12 sunsubscribe _ :0");
        client.send("PUBLISH a x");
        assertThat(other.read()).isEqualTo(">3 $7 message $1 a $1 x");
    }

    @Test
    void in_resp3_whoever_publishes_to_himself_gets_the_message_behind_the_answer() {
        client.send("HELLO 3");
        client.send("SUBSCRIBE a");
        assertThat(client.send("PUBLISH a x")).isEqualTo(":1 >3 $7 message $1 a $1 x");
        client.send("MULTI");
        client.send("PUBLISH a 1");
        client.send("PUBLISH a 2");
        client.send("PING");
        assertThat(client.send("EXEC")).isEqualTo("*3 :1 :1 +PONG >3 $7 message $1 a $1 1 >3 $7 message $1 a $1 2");
    }

    @Test
    void messages_of_a_call_that_waited_come_behind_its_answer() {
        other.send("HELLO 3");
        other.send("PSUBSCRIBE __keyevent@0__:l*");
        SettingsBinding.keyspaceEvents(server.engine, KeyspaceEvents.ALL | KeyspaceEvents.KEYEVENT);
        other.send("BLPOP list 0");
        client.send("LPUSH list x");
        assertThat(other.read())
                .isEqualTo(">4 $8 pmessage $17 __keyevent@0__:l* $20 __keyevent@0__:lpush $4 list"
                        + " *2 $4 list $1 x"
                        + " >4 $8 pmessage $17 __keyevent@0__:l* $19 __keyevent@0__:lpop $4 list");
    }

    // ---- subscriber mode ----

    @Test
    void a_subscriber_of_resp2_may_use_but_a_few_commands() {
        client.send("SSUBSCRIBE a");
        assertThat(client.send("GET x")).isEqualTo("-ERR Can't execute 'get'" + RESTRICTED);
        assertThat(client.send("HELLO 3")).isEqualTo("-ERR Can't execute 'hello'" + RESTRICTED);
        assertThat(client.send("CLIENT ID")).isEqualTo("-ERR Can't execute 'client|id'" + RESTRICTED);
        assertThat(client.send("GET")).isEqualTo("-ERR wrong number of arguments for 'get' command");
        assertThat(client.send("PING")).isEqualTo("*2 $4 pong $0");
        assertThat(client.send("PING hey")).isEqualTo("*2 $4 pong $3 hey");
        assertThat(client.send("RESET")).isEqualTo("+RESET");
        assertThat(client.send("GET x")).isEqualTo("$-1");
        client.send("SUBSCRIBE a");
        assertThat(client.send("QUIT")).isEqualTo("+OK");
        assertThat(client.closesAfterReply).isTrue();
    }

    @Test
    void a_subscriber_of_resp3_may_use_all() {
        client.send("HELLO 3");
        client.send("SUBSCRIBE a");
        assertThat(client.send("PING")).isEqualTo("+PONG");
        assertThat(client.send("SET k v")).isEqualTo("+OK");
    }

    @Test
    void shard_channels_alone_are_not_subscribed_to_within_a_transaction() {
        client.send("MULTI");
        client.send("SUBSCRIBE a");
        client.send("SSUBSCRIBE b");
        client.send("SUNSUBSCRIBE b");
        assertThat(client.send("EXEC"))
                .isEqualTo("*3 *3 $9 subscribe $1 a :1 -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"
                        + " *3 $12 sunsubscribe $1 b :0");
    }

    @Test
    void within_a_transaction_the_restriction_begins_behind_exec() {
        client.send("MULTI");
        client.send("SUBSCRIBE a");
        client.send("SET k v");
        assertThat(client.send("EXEC")).isEqualTo("*2 *3 $9 subscribe $1 a :1 +OK");
        assertThat(client.send("GET k")).isEqualTo("-ERR Can't execute 'get'" + RESTRICTED);
    }

    @Test
    void client_reply_hides_neither_messages_nor_confirmations() {
        client.send("CLIENT REPLY OFF");
        assertThat(client.send("SUBSCRIBE a")).isEqualTo("*3 $9 subscribe $1 a :1");
        assertThat(client.send("PING")).isEmpty();
        other.send("PUBLISH a x");
        assertThat(client.read()).isEqualTo("*3 $7 message $1 a $1 x");
        assertThat(client.send("UNSUBSCRIBE")).isEqualTo("*3 $11 unsubscribe $1 a :0");
        assertThat(client.send("PING")).isEmpty();
    }

    @Test
    void whoever_leaves_or_is_reset_listens_no_longer() {
        other.send("SUBSCRIBE a");
        other.send("PSUBSCRIBE *");
        other.send("SSUBSCRIBE s");
        other.send("RESET");
        assertThat(client.send("PUBLISH a x")).isEqualTo(":0");
        assertThat(client.send("SPUBLISH s x")).isEqualTo(":0");
        other.send("SUBSCRIBE a");
        server.engine.close(other.session());
        assertThat(client.send("PUBLISH a x")).isEqualTo(":0");
        assertThat(client.send("PUBSUB CHANNELS")).isEqualTo("*0");
    }

    // ---- asking ----

    @Test
    void pubsub_tells_who_listens_to_what() {
        other.send("SUBSCRIBE news sport");
        other.send("PSUBSCRIBE n* n* x*");
        other.send("SSUBSCRIBE shard");
        assertThat(client.send("PUBSUB CHANNELS")).isEqualTo("*2 $4 news $5 sport");
        assertThat(client.send("PUBSUB CHANNELS s*")).isEqualTo("*1 $5 sport");
        assertThat(client.send("PUBSUB NUMSUB news none")).isEqualTo("*4 $4 news :1 $4 none :0");
        assertThat(client.send("PUBSUB NUMSUB")).isEqualTo("*0");
        assertThat(client.send("PUBSUB NUMPAT")).isEqualTo(":2");
        assertThat(client.send("PUBSUB SHARDCHANNELS")).isEqualTo("*1 $5 shard");
        assertThat(client.send("PUBSUB SHARDNUMSUB shard news")).isEqualTo("*4 $5 shard :1 $4 news :0");
        assertThat(client.send("PUBSUB HELP")).startsWith("*13 +PUBSUB <subcommand>");
        assertThat(client.send("PUBSUB CHANNELS a b"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.");
    }

    @Test
    void clients_are_shown_and_found_as_subscribers() {
        other.send("SUBSCRIBE a b");
        other.send("PSUBSCRIBE p*");
        other.send("SSUBSCRIBE s");
        assertThat(info(other, "flags")).isEqualTo("P");
        assertThat(info(other, "sub")).isEqualTo("2");
        assertThat(info(other, "psub")).isEqualTo("1");
        assertThat(info(other, "ssub")).isEqualTo("1");
        assertThat(client.send("CLIENT LIST TYPE pubsub"))
                .contains("id=" + other.session().id() + " ");
        assertThat(client.send("CLIENT LIST TYPE normal"))
                .doesNotContain("id=" + other.session().id() + " ");
        assertThat(client.send("CLIENT KILL TYPE pubsub")).isEqualTo(":1");
        assertThat(other.isClosed).isTrue();
        assertThat(client.send("PUBLISH a x")).isEqualTo(":0");
    }

    @Test
    void info_counts_channels_patterns_and_their_listeners() {
        other.send("SUBSCRIBE a b");
        other.send("PSUBSCRIBE p*");
        client.send("HELLO 3");
        client.send("SUBSCRIBE a");
        client.send("SSUBSCRIBE s");
        String info = client.send("INFO clients stats");
        assertThat(info).contains("pubsub_clients:2 ");
        assertThat(info).contains("pubsub_channels:2 pubsub_patterns:1 pubsubshard_channels:1 ");
    }

    @Test
    void subscribers_are_not_idle() {
        server.settings().idleTimeoutSeconds = 10;
        other.send("SUBSCRIBE a");
        server.advance(Duration.ofSeconds(60));
        assertThat(other.isClosed).isFalse();
        assertThat(client.isClosed).isTrue();
    }
}
