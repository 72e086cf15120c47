"""Words that say little or nothing about what somebody looks for, in Dutch and in what newcomers write."""

_DUTCH = """
aan al alle alleen als ander andere anders bij binnen bent ben beter daar dan dat de den der deze die dit
doe doen doet door dus echt een eens eigen elk elke en er ervan even ga gaan gaat geef gedaan gemaakt graag
had hadden hangt heb hebben hebt heeft heel hem het hier hij hoe hoeveel hun iemand iets ik in is ja jaar
jaren je jij jou jouw jullie kan kom komen komt kon krijg krijgen krijgt kun kunnen kunt laat laten liefst
maak maar maken mag me mee meer men met mij mijn misschien moest moet moeten mogelijk mogen na naar nodig
nog nu of om omdat onder ons onze ook op over regelen regel staat staan steeds te tegen ten ter terug
tijdens toch toe tot tussen u uit uw van vanaf vaak veel via voor voorbij waar waarom waarmee waarvoor
wanneer want waren was wat we wel welk welke werd wie wij wil willen wilt word worden wordt zal ze zei zelf
zeer zich zij zijn zit zo zou zullen
"""
"""Articles, pronouns, prepositions, auxiliaries; not the negations, which change what is asked."""

_FLEMISH = """
ge gij ne nen nie da wa ma efkes zijt hoezo hallo goeiedag alstublieft aub bedankt dank
"""
"""As it is spoken, and greetings."""

_FOREIGN = """
le la les un une des du et est mon ma mes pour dans je comment ou sur avec the a an and i my how do can to
for in of where what is get need with at by from on it this that me we you your our if when who would could should
am are were be been has does did ce cette ces que qui au aux par chez nous vous il elle se sa son
ses leur je mes suis ai as ont sont etre avoir
"""
"""Of questions in French and English."""

STOP_WORDS = frozenset(f"{_DUTCH} {_FLEMISH} {_FOREIGN}".split())
"""Words that say nothing about the subject; ignored in a query as long as another word is left."""

_CONVERSATION = """
aangevraagd aanvraag aanvraagt aanvragen begin beginnen bel bellen betekent buurman buurvrouw contact dochter document
documenten doorgeven duurt formulier gebruik gebruiken gemeente gemeentelijk gemeentelijke gezocht goed helpen hulp
info informatie inlichtingen juist klopt kost kosten man meebrengen moeder nieuw nieuwe prijs probleem problemen recht
regels samen snel stad stedelijk stedelijke terecht vader vandaag vind vinden vraag vragen vroeg vrouw weet werkt
weten zoek zoeken zoekt zoon apply application request ask find new demander demande veux voudrais faire obtenir
please thanks help nouveau nouvelle
"""

LIGHT_WORDS = frozenset(_CONVERSATION.split())
"""Words of a conversation with a city: they say little beside the word that names the subject."""
