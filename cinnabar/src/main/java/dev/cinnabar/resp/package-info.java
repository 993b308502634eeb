/// **RESP: where in these bytes are the arguments?**
///
/// The question this room answers: how are requests found in a stream that comes in pieces of any size, from
/// anybody, without copying them and without believing what they announce?
///
/// ```
///    *3\r\n  $3\r\nSET\r\n  $6\r\nkey:17\r\n  $5\r\nhello\r\n          what a client library sends
///    └ count  └ length      └ length           └ length
///
///    SET key:17 "hello"\r\n                                            what a person types: an inline request
/// ```
///
/// **Words.** A *bulk string* is `$`, its length, and that many bytes of anything. A request is an *array*
/// (older: *multibulk*) of bulk strings. *Inline* is a line of words. *Incomplete* is not wrong: the rest is
/// on its way.
///
/// **From a GET's point of view.** `*2\r\n$3\r\nGET\r\n$6\r\nkey:17\r\n` lies in somebody's array.
/// [dev.cinnabar.resp.RequestParser] reads a count and two lengths, a digit or two each, jumps over the
/// arguments themselves without looking at them, and notes where they begin: two longs in a list that is used
/// again for the next request. `request.arg(1)` points a window at `key:17`. Nothing was copied and nothing
/// made.
///
/// **In pieces.** When the bytes end too early, the parser remembers how far it came and what it waits for,
/// both counted from the beginning of the request: the caller may move the bytes as long as they stay
/// together. Shown more, it goes on from there, so a request costs the same in one piece or in thousands.
/// [dev.cinnabar.resp.RequestParser#missing] tells how much a long argument still needs, so that the array
/// can grow in few steps.
///
/// **Limits before memory.** A count or length out of bounds is refused when its line is read; a line is
/// refused when 64 KiB came without an end; somebody who has not said who he is may send ten arguments of 16
/// KiB. What is announced within the bounds takes no memory until it comes: the list of arguments grows with
/// the arguments. The words of each error are Redis's, and `RequestParserTest` holds what redis-server 7.0.15
/// answered.
///
/// **Giving up.** A request that is fine but larger than our memory can be given up midway
/// ([dev.cinnabar.resp.RequestParser#startDiscarding]): the parser then lets its bytes pass until the request
/// is over, and the connection lives on with an error in that request's place. Redis has no such thing: it
/// asks the system for the memory, and the system gives it or kills it.
///
/// **Faithful in odd places.** The byte after `\r`, and the two after an argument, are not looked at. A NUL
/// hides the end of its line. Blanks between typed words include the vertical tab, blanks that end one do
/// not. All that is what Redis does, and its own test suite relies on some of it.
///
/// **Who owns the memory.** The bytes are the caller's; the request and its windows are the parser's and are
/// used again. One parser per connection, on one thread at a time. [dev.cinnabar.resp.RequestLimits] is
/// shared by all of them.
///
/// **What this room does not do.** It knows no command: that `FOO` is unknown, or that GET takes one key, is
/// said two floors up. It does not read sockets, and it does not ask whether a client may do something; the
/// caller says whether it is known.
///
/// It writes no replies either: [dev.cinnabar.command.Reply] does, where the answers are known.
///
/// **Start reading** with the picture in `RequestParser`, then its method `parseArguments`, then the tests
/// about pieces.
///
/// **Sources.** The RESP specification (redis.io, *Redis serialization protocol*); what redis-server 7.0.15
/// answers.
///
/// **Exercise.** `parse` has a shortcut for counts of one digit and `parseArguments` one for lengths of one
/// or two. Take them out, run the tests, and measure: what share of a pipelined GET was that?
@NullMarked
package dev.cinnabar.resp;

import org.jspecify.annotations.NullMarked;
