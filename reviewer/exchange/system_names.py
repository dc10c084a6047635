"""Names of assistants and their makers, and the words that name nothing although files call systems by them."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They mean nothing else: wherever they stand, they name a system.
KNOWN = _words(
    """anthropic baichuan bloomz bytedance chatglm chatgpt codellama deepmind deepseek doubao gpt guanaco hunyuan
    internlm lmsys minimax mixtral oasst openai openassistant qwen stablelm tongyi tulu vicuna wizardlm zhipu"""
) | {"bing chat", "github copilot", "google bard", "google gemini", "meta ai", "microsoft copilot"}
# They are words, persons or firms as well: they name a system where the output says it of itself.
FRAMED = _words(
    """alexa alibaba alpaca amazon apple baidu bard bing claude cohere copilot cortana dolly ernie falcon gemini gemma
    google grok ibm kimi koala llama meta microsoft mistral moonshot nova nvidia palm perplexity phi siri sydney
    tencent xai"""
)
# What systems are called in files and texts say of anything else.
ORDINARY = _words(
    """agent all alt answer assistant baseline base best better big bot candidate chat chosen code control current
    data default dev draft editor eval even expert fast final fine finetuned first five four full gold golden good
    group high human instruct judge large last left light live long low main max med medium method mid middle min mini
    model models mono multi new next none null odd off old one only open option original other output pilot plain plus
    preferred pro prod production prompt question random raw real ref reference rejected release reply response right
    run safe sample second self set short simple single six slow small smart source standard student sys system
    systems target task teacher temp ten test text the third three tiny top treatment true tuned turbo two type ultra
    unknown user van variant version weak web wide worker write writer writers yes zero"""
)
SIZES = _words("chat flash haiku instruct mini nano opus plus preview pro sonnet turbo ultra")
